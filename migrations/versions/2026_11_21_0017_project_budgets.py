"""Budgets set with projects become caps."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Writes one cap for each project that has a budget; a cap set so takes its project's id for its own."""
    op.execute(
        "INSERT INTO budgets (id, owner_id, kind, target_id, limit_micro_usd, created_at, updated_at) "
        "SELECT id, owner_id, 'project_own', id, budget_micro_usd, created_at, updated_at "
        "FROM projects WHERE budget_micro_usd IS NOT NULL"
    )


def downgrade() -> None:
    """Takes those caps away; the projects keep their numbers."""
    op.execute("DELETE FROM budgets WHERE kind = 'project_own'")
