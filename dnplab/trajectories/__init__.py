"""Quantum trajectories: single histories of the spins whose average obeys a master equation, and their time averages."""

from dnplab.trajectories.averages import Agreement, TrajectoryAverages, agreement, mean_and_error, trajectory_averages
from dnplab.trajectories.history import KINDS, Jumps, Trajectory
from dnplab.trajectories.run import UNRAVELLED, trajectory

__all__ = [
    "KINDS",
    "UNRAVELLED",
    "Agreement",
    "Jumps",
    "Trajectory",
    "TrajectoryAverages",
    "agreement",
    "mean_and_error",
    "trajectory",
    "trajectory_averages",
]
