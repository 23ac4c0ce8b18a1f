# A folder is a permission: includes and needed libraries against tests/layers/rules.
dist_layers = %D%/layers.py
TESTS += $(dist_layers)
EXTRA_DIST += $(dist_layers) %D%/rules
