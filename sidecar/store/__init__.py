"""The store: tables, queries by subject, and the one way to read and write them."""
