/* Log line: the text of one line, `word key=value ...`, built in a buffer of fixed size.
 *
 * A value with blanks, quotes, `=`, or octets that are not printable UTF-8 is quoted: \" \\ \n
 * \xHH are its escapes, so foreign text can neither end the line nor make another key. A value
 * without quotes is literal. What does not fit is left out and the line ends with `cut=true`.
 * Belongs to the one that writes it; on its stack. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_LINE_SIZE 4096 /* octets; PIPE_BUF: a line written to a pipe stays in one piece */

struct log_line {
    size_t len;
    bool cut; /* something did not fit: nothing more is added */
    char text[LOG_LINE_SIZE];
};

/* Start an empty line. Shape: none. Units: none. Errors: none. Source: none. */
void log_line_init(struct log_line *line);

/* Add trusted text as it is: all of it, or nothing and the line is cut.
 * Shape: len octets. Units: octets. Errors: line->cut. Source: none. */
void log_line_add(struct log_line *line, const char *text, size_t len);

/* Add ` key=value` for each word of a format as log_write() takes it; NULL adds nothing.
 * Shape: printf format with d i u x X o c s p f g e, their lengths, `*`; list is not advanced.
 * Units: none. Errors: line->cut; another letter prints `?` and ends the fields. Source: none. */
void log_line_fields(struct log_line *line, const char *format, va_list list)
    __attribute__((format(printf, 2, 0)));

/* End the line, with `suppressed=` when lines were held back before it.
 * Shape: newline last, not terminated. Units: suppressed in lines. Errors: none. Source: none. */
void log_line_end(struct log_line *line, uint64_t suppressed);
