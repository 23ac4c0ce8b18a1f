# Benchmarks: ratios against the field's own tools, in the same run. BENCH=quick leaves out the long waits.
EXTRA_DIST += %D%/read.py
bench_targets += bench-read
bench-read:
	/usr/bin/python3 $(srcdir)/tests/bench/read.py $(abs_top_builddir) $(BENCH)
.PHONY: bench-read
