"""What the tests share: a clock to turn by hand, a PostgreSQL of their own, budgets of examples."""
