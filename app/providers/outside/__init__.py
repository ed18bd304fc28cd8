"""Outside services for stages of a show, by HTTP at the addresses that the operator has set.

Checklist: error table complete (done); cancel leaves no connection (done by the client); total deadline (done);
redaction (done by the client); size cap (done); capability agrees with refusals (not applicable: a service has none);
reconcile (not applicable: a late reply is told, never asked for again); price source (not applicable: none is known).
"""
