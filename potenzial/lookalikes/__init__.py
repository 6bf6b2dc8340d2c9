"""Searching the stock for companies like given ones: the question, the stock in memory, and the answer with reasons."""
