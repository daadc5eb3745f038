"""The symbols of a correlated pair x, y, and expectations under its Gaussian."""

from typing import Any

import sympy

x, y = sympy.symbols("x y", real=True)
rho = sympy.Symbol("rho", positive=True)

ELSEWHERE = {x: sympy.Rational(7, 5), y: -sympy.Rational(9, 4), rho: sympy.Rational(3, 5)}


def expected_value(expression: Any) -> sympy.Expr:
    """E[expression] for standard normal x, y with correlation rho, simplified: E x = E y = 0, E x^2 = E y^2 = 1, E xy = rho.

    expression: quadratic in x and y, in any form, else ValueError. Raises NotImplementedError while it is still `...`.
    """
    if expression is ...:
        raise NotImplementedError("the expression is not written yet")
    expression = sympy.sympify(expression)
    ours = {"x": x, "y": y, "rho": rho}  # whoever made symbols of these names means these
    expression = expression.subs(
        {symbol: ours[symbol.name] for symbol in expression.free_symbols if symbol.name in ours}
    )

    def at_zero(*variables: sympy.Symbol) -> sympy.Expr:
        return sympy.diff(expression, *variables).subs({x: 0, y: 0}) if variables else expression.subs({x: 0, y: 0})

    squares = at_zero(x, x) * x**2 + at_zero(y, y) * y**2
    quadratic = at_zero() + at_zero(x) * x + at_zero(y) * y + squares / 2 + at_zero(x, y) * x * y
    if abs(sympy.N((expression - quadratic).subs(ELSEWHERE))) > 1e-9:
        raise ValueError("the expression is not quadratic in x and y, so their moments do not decide its mean")
    return sympy.simplify(at_zero() + (at_zero(x, x) + at_zero(y, y)) / 2 + at_zero(x, y) * rho)
