"""Simulated stocks with known wallets: an open benchmark of how well potential is recovered."""

from scoring.simulate.benchmark import GOAL, Mean, Outcome, Plan, averaged, judge_recovery, run_benchmark
from scoring.simulate.methods import METHODS, Ranking
from scoring.simulate.recovery import FIGURES, RECOVERY, caught, recover
from scoring.simulate.stock import TRUTH, Simulated, simulate
from scoring.simulate.worlds import WORLDS, World

__all__ = [
    "FIGURES",
    "GOAL",
    "METHODS",
    "RECOVERY",
    "TRUTH",
    "WORLDS",
    "Mean",
    "Outcome",
    "Plan",
    "Ranking",
    "Simulated",
    "World",
    "averaged",
    "caught",
    "judge_recovery",
    "recover",
    "run_benchmark",
    "simulate",
]
