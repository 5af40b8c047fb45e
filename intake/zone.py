"""The one zone in which days begin and times are printed.

The mainland of China has one legal time, UTC+8 without summer time (北京时间). The
machine's own zone is not used: a server left on UTC would date a paper that came at
seven in the morning with the day before.
"""

from __future__ import annotations

import datetime as dt

ZONE = dt.timezone(dt.timedelta(hours=8))
