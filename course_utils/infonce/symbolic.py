"""The symbols of a correlated pair x, y, and expectations under its Gaussian."""

from typing import Any

import sympy


x, y = sympy.symbols("x y", real=True)
rho = sympy.Symbol("rho", positive=True)


def expected_value(expression: Any) -> sympy.Expr:
    """E[expression] for standard normal x, y with correlation rho, simplified: E x = E y = 0, E x^2 = E y^2 = 1, E xy = rho.

    expression: at most quadratic in x and y, else ValueError. Raises NotImplementedError while it is still `...`.
    """
    if expression is ...:
        raise NotImplementedError("the expression is not written yet")
    moments = {(0, 0): 1, (1, 0): 0, (0, 1): 0, (2, 0): 1, (0, 2): 1, (1, 1): rho}
    terms = sympy.Poly(sympy.expand(expression), x, y).terms()
    if higher := [powers for powers, _ in terms if powers not in moments]:
        raise ValueError(f"only quadratic expressions in x and y are known here, this one has the powers {higher[0]}")
    return sympy.simplify(sum(moments[powers] * coefficient for powers, coefficient in terms))
