#include "server/conf_book.h"

#include "sched/choose/book_file.h"

int conf_book_load(const struct conf *conf, const char *const *path, struct book **out,
                   struct err_at *at)
{
    static const struct hash_key none; /* the process has none yet */
    struct err_at inside = {.text = ""};
    int err = *path ? book_load(*path, &none, out, &inside) : 0;
    return err ? conf_blame_file(conf, path, at, err, &inside) : 0;
}
