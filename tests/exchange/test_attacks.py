"""What a hostile student tries has its way on nbgrader's exchange as it comes, and not on ours."""

import pytest

from tests.exchange import table
from tests.exchange.attacks import ATTACKS

pytestmark = pytest.mark.slow(14)


@pytest.mark.parametrize("tries", ATTACKS)
def test_what_harms_on_nbgraders_own_exchange_does_not_here(tries, users):
    stock, ours = table.tried(tries, *users)
    assert ours == []
    assert stock, "an attack that does nothing anywhere shows nothing"
    assert table.row(tries, stock, ours) in table.PAGE.read_text(), "python -m tests.exchange.table"
