"""Neighbours and facts to revenue potential, classes, actions and reasons."""
