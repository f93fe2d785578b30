SUMMARY=""
DESCRIPTION=""
def add(p): pass
def main(p): return 0
