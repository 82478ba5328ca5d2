#include "base/err.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

const char *err_text(int err)
{
    switch (err) {
#define ERR(name, number, text)                                                                    \
    case ERR_##name:                                                                               \
        return text;
#include "base/err.def"
#undef ERR
#define FOREIGN(number, text)                                                                      \
    case number:                                                                                   \
        return text;
#include "base/err_foreign.def"
#undef FOREIGN
    default: /* codes are open: the rest is errno's */
        break;
    }
    const char *text = err <= 0 && err > -4094 ? strerrordesc_np(-err) : NULL;
    return text ? text : "unknown error";
}

int err_at_set(struct err_at *at, int err, unsigned line, unsigned column, const char *format, ...)
{
    if (!at) {
        return err;
    }
    at->line = line;
    at->column = column;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(at->text, sizeof at->text, format, args);
    va_end(args);
    return err;
}
