# Text from outside: made safe, measured, filtered.
noinst_LIBRARIES += %D%/libtext.a
%C%_libtext_a_CPPFLAGS = $(AM_CPPFLAGS) $(PCRE2_CFLAGS)
%C%_libtext_a_SOURCES = \
	%D%/filter.c \
	%D%/grapheme.c \
	%D%/match.c \
	%D%/sanitize.c
