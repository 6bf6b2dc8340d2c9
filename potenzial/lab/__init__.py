"""The config lab: configurations raced on the same pages, customers and folds, and searched within a time budget."""
