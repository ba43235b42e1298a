"""The model engine of Classmark: texts → scores; knows nothing of the app."""

import os

# Before numpy is imported: the products of heads are too small for its threads, which would keep all processors busy
# waiting, and take them from the encoder: of a title's time more than half.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
