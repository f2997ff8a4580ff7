import os

import pytest

from tests.faults.experts_at_work import EXPERTS, experts_at_work


@pytest.mark.fault("web and worker killed while experts are at work")
def test_nothing_acknowledged_is_lost_or_doubled(site, fault):
    seconds = float(os.environ.get("FAULTS_SECONDS") or 60)
    work = experts_at_work(site, seconds, EXPERTS)
    print(work.sentence)
    fault.recovered(work.recovery_s)
    fault.lost(work.lost)
    assert not work.wrong, work.sentence
