"""Files: `find` lists images, `read` reads their planes, `damage` says what is wrong with them, `tables` writes CSV."""
