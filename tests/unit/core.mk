# Unit tests of backend/core.
check_PROGRAMS += %D%/core-oid
TESTS += %D%/core-oid
%C%_core_oid_SOURCES = %D%/core-oid.c
%C%_core_oid_LDADD = backend/core/libcore.a $(CMOCKA_LIBS)
