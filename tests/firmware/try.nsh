@echo -off
# Starts the binary at the removable path of file systems %1 to %2. The shell gives a script up when
# a binary cannot be loaded; this is then called again for those behind it.
for %i run (%1 %2)
  echo VMLINT look fs%i
  if exist fs%i:\ then
    vol fs%i:
  endif
  if exist fs%i:\EFI\BOOT\BOOTX64.EFI then
    echo VMLINT start fs%i
    fs%i:\EFI\BOOT\BOOTX64.EFI
    echo VMLINT end fs%i %lasterror%
  endif
endfor
echo VMLINT done
reset -s
