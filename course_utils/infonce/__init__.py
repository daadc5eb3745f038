"""What the InfoNCE notebook imports: exact joints, correlated Gaussians, critics, estimates and pictures. The losses are the student's."""

from course_utils.infonce.critics import BilinearCritic, QuadraticCritic, SeparableCritic, train_critic
from course_utils.infonce.exact import candidate_lists, random_joint, worked_joint
from course_utils.infonce.gaussian import correlated_gaussians, in_batch_bounds, in_batch_estimates
from course_utils.infonce.nce import fit_unnormalised
from course_utils.infonce.profiles import PROFILES
from course_utils.infonce.reference import optimal_bounds
from course_utils.infonce.symbolic import expected_value

__all__ = [
    "PROFILES",
    "BilinearCritic",
    "QuadraticCritic",
    "SeparableCritic",
    "candidate_lists",
    "correlated_gaussians",
    "expected_value",
    "fit_unnormalised",
    "in_batch_bounds",
    "in_batch_estimates",
    "optimal_bounds",
    "random_joint",
    "train_critic",
    "worked_joint",
]
