# Tests by layer; each room has a fragment of its own.
if HAVE_TESTS
include tests/layers/local.mk
include tests/unit/core.mk
include tests/unit/base.mk
include tests/unit/mib.mk
include tests/unit/snmp.mk
include tests/unit/store.mk
include tests/sim/local.mk
include tests/snmp/local.mk
include tests/mail/local.mk
include tests/intake/local.mk
include tests/mib/local.mk
include tests/mibs.mk
include tests/screen/local.mk
include tests/pty/local.mk
include tests/e2e/local.mk
include tests/fuzz/local.mk
include tests/bench/local.mk
endif
