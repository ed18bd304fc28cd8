"""Durable runs of jobs behind a port: leases, recovery, and DBOS in one package."""
