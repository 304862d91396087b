$ErrorActionPreference = 'Stop'

# What was unpacked lies in the package's own folder and goes with it. This removes it by the list
# that was written when it was unpacked, also where the folder has to stay; indexes are not touched.
foreach ($list in Get-ChildItem -Path $env:ChocolateyPackageFolder -Filter '*.zip.txt') {
  Uninstall-ChocolateyZipPackage -PackageName $env:ChocolateyPackageName -ZipFileName $list.BaseName
}
