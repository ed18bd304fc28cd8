"""What waiting jobs cost, and how soon a job starts."""
