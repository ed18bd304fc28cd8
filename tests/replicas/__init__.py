"""Several replicas of the service behind a balancer, restarted one after another."""
