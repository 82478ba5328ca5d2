/* A scratch folder for one test, below TMPDIR. The caller removes it with all that is in it. Any
 * thread. */
#pragma once

/* Make one. Shape: path for scratch_remove, terminated. Units: none. Errors: fails the test.
 * Source: none. */
char *scratch_make(void);

/* Remove a folder with everything in it, and free the path; NULL is accepted. Shape: none.
 * Units: none. Errors: none. Source: none. */
void scratch_remove(char *path);

/* A path in a folder. Shape: terminated, for mem_free. Units: none. Errors: none. Source: none. */
char *scratch_path(const char *folder, const char *name);

/* Write a file. Shape: terminated path and text. Units: none. Errors: fails the test.
 * Source: none. */
void scratch_write(const char *path, const char *text);

/* Read a whole file. Shape: terminated, for mem_free. Units: none. Errors: fails the test.
 * Source: none. */
char *scratch_read(const char *path);
