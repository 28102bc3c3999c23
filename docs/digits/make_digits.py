"""Writes digits.gz from scikit-learn's copy of the digits; README.md says what they are and where they are from.

Run from anywhere, with scikit-learn (apt install python3-sklearn):  python3 docs/digits/make_digits.py
"""

import gzip
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

digits = load_digits()
rows = np.column_stack([digits.target, digits.data]).astype("uint8")
assert rows.shape == (1797, 65) and (rows[:, 1:] == digits.data).all()
Path(__file__).with_name("digits.gz").write_bytes(gzip.compress(rows.tobytes(), 9, mtime=0))
