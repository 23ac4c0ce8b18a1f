# Unit tests of backend/io, backend/text and backend/settings.
base_tests = %D%/io-child %D%/io-files %D%/io-frame %D%/io-loop %D%/io-sandbox %D%/text-filter %D%/text-sanitize
check_PROGRAMS += $(base_tests)
TESTS += $(base_tests)
base_libraries = backend/io/libio.a backend/text/libtext.a backend/core/libcore.a

%C%_io_child_SOURCES = %D%/io-child.c
%C%_io_child_LDADD = $(base_libraries) $(CMOCKA_LIBS)

%C%_io_files_SOURCES = %D%/io-files.c
%C%_io_files_LDADD = $(base_libraries) $(CMOCKA_LIBS)

%C%_io_frame_SOURCES = %D%/io-frame.c
%C%_io_frame_LDADD = $(base_libraries) $(CMOCKA_LIBS)

%C%_io_loop_SOURCES = %D%/io-loop.c
%C%_io_loop_LDADD = $(base_libraries) $(CMOCKA_LIBS)

%C%_io_sandbox_SOURCES = %D%/io-sandbox.c
%C%_io_sandbox_LDADD = $(base_libraries) $(SECCOMP_LIBS) $(CAPNG_LIBS) $(CMOCKA_LIBS)

%C%_text_filter_SOURCES = %D%/text-filter.c
%C%_text_filter_LDADD = $(base_libraries) $(PCRE2_LIBS) $(UNISTRING_LIBS) $(CMOCKA_LIBS)

%C%_text_sanitize_SOURCES = %D%/text-sanitize.c
%C%_text_sanitize_LDADD = $(base_libraries) $(UNISTRING_LIBS) $(CMOCKA_LIBS)

settings_tests = %D%/settings-manual %D%/settings-read
check_PROGRAMS += $(settings_tests)
TESTS += $(settings_tests)
settings_libraries = backend/settings/libsettings.a backend/io/libio.a backend/text/libtext.a \
	backend/core/libcore.a $(CONFUSE_LIBS) $(SECCOMP_LIBS) $(CAPNG_LIBS) $(PCRE2_LIBS) $(UNISTRING_LIBS) \
	$(CMOCKA_LIBS)

%C%_settings_manual_SOURCES = %D%/settings-manual.c
%C%_settings_manual_LDADD = $(settings_libraries)

%C%_settings_read_SOURCES = %D%/settings-read.c
%C%_settings_read_LDADD = $(settings_libraries)
