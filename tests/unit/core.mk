# Unit tests of backend/core.
core_tests = %D%/core-oid %D%/core-render %D%/core-index %D%/core-cover
check_PROGRAMS += $(core_tests)
TESTS += $(core_tests)
%C%_core_oid_SOURCES = %D%/core-oid.c
%C%_core_oid_LDADD = backend/core/libcore.a $(CMOCKA_LIBS)
%C%_core_render_SOURCES = %D%/core-render.c
%C%_core_render_LDADD = backend/core/libcore.a $(CMOCKA_LIBS)
%C%_core_index_SOURCES = %D%/core-index.c
%C%_core_index_LDADD = backend/core/libcore.a $(CMOCKA_LIBS)
%C%_core_cover_SOURCES = %D%/core-cover.c
%C%_core_cover_LDADD = backend/core/libcore.a $(CMOCKA_LIBS)
