# SPDX-License-Identifier: MIT
"""What scripts/comb is made of.  Python standard library only."""
