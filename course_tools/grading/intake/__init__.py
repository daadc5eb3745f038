"""From a pile of submissions to jobs: layouts, zips, lateness. Everything here was written by strangers."""
