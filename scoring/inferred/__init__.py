"""What is not given but can be read from websites or told by neighbours: headcount and industry."""

from scoring.inferred.infer import Evidence, enough_codes, infer

__all__ = ["Evidence", "enough_codes", "infer"]
