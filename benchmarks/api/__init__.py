"""What the layers of the service cost beside a bare one."""
