"""Array types that modules exchange, with their shapes."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Rows: TypeAlias = NDArray[np.int64]
"""(n,): row numbers of passages, documents or texts."""
Scores: TypeAlias = NDArray[np.float32]
"""(n,): one score per row."""
FloatMatrix: TypeAlias = NDArray[np.float32]
"""(n, dimension): one vector per row."""
Offsets: TypeAlias = NDArray[np.int64]
"""(n, 2): start and end of spans, half-open, in code points."""
