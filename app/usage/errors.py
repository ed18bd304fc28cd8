"""What the usage slice refuses."""

from app.core.errors import Unpaid, Unusable


class BudgetExceeded(Unpaid):
    """The work would cost more than a cap leaves."""

    code = "budget.exceeded"
    message = "This would exceed your budget. Raise the budget, or choose something that costs less."


class PeriodUnusable(Unusable):
    """The asked period is not one."""

    code = "usage.period_unusable"
    message = "`from` must lie before `to`, and both within 400 days. Leave them out for the last 30 days."
