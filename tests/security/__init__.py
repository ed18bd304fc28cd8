"""What an attacker would try, in one place: `make security` runs these and the older tests that prove the rest."""
