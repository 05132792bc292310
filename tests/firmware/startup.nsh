@echo -off
# Run by the UEFI shell from the control disk. LAST is replaced by the highest number that a file
# system can have. The map goes to a file, where no line is wrapped; the markers go to the console,
# where the one who watches sees which binary was started last.
connect -r
map -r
connect -r
map -r
for %i run (0 LAST)
  if exist fs%i:\try.nsh then
    set -v ctl fs%i
  endif
endfor
map > %ctl%:\map.txt
for %i run (0 LAST)
  if exist fs%i:\ then
    vol fs%i: >> %ctl%:\vol.txt
  endif
endfor
echo VMLINT control %ctl%
%ctl%:\try.nsh 0 LAST
