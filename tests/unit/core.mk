# Unit tests of backend/core.
core_tests = %D%/core-oid %D%/core-render %D%/core-index %D%/core-cover %D%/core-pace %D%/core-rate %D%/core-recording
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
%C%_core_pace_SOURCES = %D%/core-pace.c
%C%_core_pace_LDADD = backend/core/libcore.a $(CMOCKA_LIBS)
%C%_core_rate_SOURCES = %D%/core-rate.c
%C%_core_rate_LDADD = backend/core/libcore.a $(CMOCKA_LIBS) -lm
%C%_core_recording_SOURCES = %D%/core-recording.c
%C%_core_recording_LDADD = backend/core/libcore.a $(CMOCKA_LIBS)
