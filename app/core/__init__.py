"""What every slice stands on: settings, database, time, errors and the outside world's edges."""
