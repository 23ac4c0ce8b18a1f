# Settings: one table of options, read with libconfuse, checked whole.
noinst_LIBRARIES += %D%/libsettings.a
%C%_libsettings_a_CPPFLAGS = $(AM_CPPFLAGS) $(CONFUSE_CFLAGS)
%C%_libsettings_a_SOURCES = \
	%D%/check.c \
	%D%/convert.c \
	%D%/explain.c \
	%D%/forms.c \
	%D%/options.c %D%/options.h \
	%D%/private.h \
	%D%/read.c \
	%D%/scan.c %D%/scan.h \
	%D%/settings.c
