#include "base/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* The text fills the room to its last octet, so the C library's terminator has no place there. */
static void print_exact(struct wr *wr, const char *format, va_list args)
{
    char *text = NULL;
    int len = vasprintf(&text, format, args);
    if (len < 0) {
        wr_fail(wr, ERR_MEMORY);
        return;
    }
    wr_bytes(wr, text, (size_t)len);
    free(text);
}

void wr_print(struct wr *wr, const char *format, ...)
{
    if (wr->err) {
        return;
    }
    size_t room = (size_t)(wr->end - wr->pos);
    va_list args;
    va_list again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf((char *)wr->pos, room, format, args);
    if (len < 0) {
        wr_fail(wr, ERR_VALUE);
    } else if ((size_t)len > room) {
        wr_fail(wr, ERR_SPACE);
    } else if ((size_t)len == room) {
        print_exact(wr, format, again);
    } else {
        wr->pos += len;
    }
    va_end(again);
    va_end(args);
}
