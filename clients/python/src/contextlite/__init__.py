"""Passages to read for a question, within a token budget."""
