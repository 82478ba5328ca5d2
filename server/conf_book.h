/* The file of policies that a configuration names: a part of it, so that both are good or neither is taken. Runs while
 * the configuration is loaded. */
#pragma once

#include "base/conf.h"
#include "sched/choose/book.h"

/* Load the book, when a file is named. Shape: path is the field, for the place; *out one reference, for a key that
 * nothing else has: see book_rekey; untouched without a file. Units: none. Errors: those of book_load, with the place
 * inside the file in the text; at as for conf_blame. Source: none. */
int conf_book_load(const struct conf *conf, const char *const *path, struct book **out,
                   struct err_at *at);
