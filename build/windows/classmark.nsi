; The installer for one person: no administrator, no type of file taken over.
;
;   setup.exe /S                  asks nothing
;   setup.exe /S /ASSOC=0         leaves suitcases (.classmark) alone
;   setup.exe /S /OPENWITH=0      does not appear under "Open with"
;   setup.exe /S /DESKTOP=1       puts a shortcut on the desktop
;   setup.exe /S /D=C:\A folder   installs there; it comes last, without quotation marks
;   uninstall.exe /S              keeps models and settings
;   uninstall.exe /S /MODELS=0    takes them away too
;
; Exit codes: 0 done, 1 stopped by the person, 2 could not (a newer version is there, or the program is running).
; Made by build/windows/setup, which defines VERSION, VERSION4, OUT, PICTURES, LICENCE and FILES.

Unicode true
Target amd64-unicode
SetCompressor /SOLID lzma
SetCompressorDictSize 32
SetDateSave off
ManifestDPIAware true
RequestExecutionLevel user

!include MUI2.nsh
!include FileFunc.nsh
!include LogicLib.nsh
!include Sections.nsh
!include WordFunc.nsh
!include "${FILES}/documents.nsh"
!include open-with.nsh

!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\Classmark"

Name "Classmark"
Caption "Classmark ${VERSION}"
BrandingText "Classmark ${VERSION}"
OutFile "${OUT}"
InstallDir "$LOCALAPPDATA\Programs\Classmark"
InstallDirRegKey HKCU "${UNINSTALL}" "InstallLocation"
ShowInstDetails nevershow
ShowUninstDetails nevershow
VIProductVersion "${VERSION4}"
VIAddVersionKey ProductName "Classmark"
VIAddVersionKey ProductVersion "${VERSION}"
VIAddVersionKey FileVersion "${VERSION}"
VIAddVersionKey FileDescription "Installer of Classmark"
VIAddVersionKey CompanyName "Classmark"
VIAddVersionKey LegalCopyright "Apache License 2.0"

!define MUI_ICON "${PICTURES}/classmark.ico"
!define MUI_UNICON "${PICTURES}/classmark.ico"
!define MUI_WELCOMEFINISHPAGE_BITMAP "${PICTURES}/side.bmp"
!define MUI_ABORTWARNING
!define MUI_COMPONENTSPAGE_SMALLDESC
!define MUI_FINISHPAGE_RUN "$INSTDIR\classmark-desktop.exe"
!define MUI_FINISHPAGE_RUN_TEXT "Open Classmark"
!insertmacro MUI_PAGE_LICENSE "${LICENCE}"
!insertmacro MUI_PAGE_COMPONENTS
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"

; Say why nothing is done, and stop with 2; a silent run says nothing.
!macro Refuse sentence
  MessageBox MB_OK|MB_ICONEXCLAMATION "${sentence}" /SD IDOK
  SetErrorLevel 2
  Quit
!macroend

; A program that runs cannot be replaced: Windows refuses to open it for writing.
!macro RefuseWhileRunning program
  ${If} ${FileExists} "$INSTDIR\${program}"
    ClearErrors
    FileOpen $0 "$INSTDIR\${program}" a
    ${If} ${Errors}
      !insertmacro Refuse "Classmark is running, or its folder may not be written to. Close it, then try again."
    ${EndIf}
    FileClose $0
  ${EndIf}
!macroend

Section "Classmark" SEC_PROGRAM
  SectionIn RO
  !insertmacro RefuseWhileRunning "classmark-desktop.exe"
  !insertmacro RefuseWhileRunning "classmark.exe"

  ; What an older version laid down goes first; it knows its own files. Models and settings lie elsewhere and stay.
  ReadRegStr $1 HKCU "${UNINSTALL}" "InstallLocation"
  ${If} $1 != ""
  ${AndIf} ${FileExists} "$1\uninstall.exe"
    InitPluginsDir
    CopyFiles /SILENT "$1\uninstall.exe" "$PLUGINSDIR\older.exe"
    ExecWait '"$PLUGINSDIR\older.exe" /S _?=$1' $0
    ${If} $0 != 0
      !insertmacro Refuse "The version in $1 could not be removed. Close Classmark, then try again."
    ${EndIf}
    Delete "$1\uninstall.exe"
    RMDir "$1"
  ${EndIf}

  ClearErrors
  !include "${FILES}/install-files.nsh"
  SetOutPath "$INSTDIR"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  ${If} ${Errors}
    !insertmacro Refuse "Not all files could be written to $INSTDIR. Is there room, and may you write there?"
  ${EndIf}

  CreateDirectory "$SMPROGRAMS"
  CreateShortcut "$SMPROGRAMS\Classmark.lnk" "$INSTDIR\classmark-desktop.exe"
  WriteRegStr HKCU "Software\Microsoft\Windows\CurrentVersion\App Paths\classmark.exe" "" "$INSTDIR\classmark.exe"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayName" "Classmark"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayIcon" "$INSTDIR\classmark-desktop.exe"
  WriteRegStr HKCU "${UNINSTALL}" "Publisher" "Classmark"
  WriteRegStr HKCU "${UNINSTALL}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${UNINSTALL}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL}" "NoRepair" 1
  SectionGetSize ${SEC_PROGRAM} $0
  WriteRegDWORD HKCU "${UNINSTALL}" "EstimatedSize" $0
SectionEnd

Section "Open suitcases (.classmark)" SEC_ASSOC
  !insertmacro OpenSuitcases
SectionEnd

Section "Offer under $\"Open with$\"" SEC_OPENWITH
  !insertmacro OfferUnderOpenWith
SectionEnd

Section /o "Shortcut on the desktop" SEC_DESKTOP
  CreateShortcut "$DESKTOP\Classmark.lnk" "$INSTDIR\classmark-desktop.exe"
SectionEnd

Section -TellShell
  ${RefreshShellIcons}
SectionEnd

!insertmacro MUI_FUNCTION_DESCRIPTION_BEGIN
  !insertmacro MUI_DESCRIPTION_TEXT ${SEC_PROGRAM} "The window and the command line, with the built-in model."
  !insertmacro MUI_DESCRIPTION_TEXT ${SEC_ASSOC} "A double click on a suitcase, a model in one file, opens Classmark."
  !insertmacro MUI_DESCRIPTION_TEXT ${SEC_OPENWITH} "PDF, Word and other documents go on opening in the programs they open in now."
  !insertmacro MUI_DESCRIPTION_TEXT ${SEC_DESKTOP} "A shortcut on the desktop."
!insertmacro MUI_FUNCTION_DESCRIPTION_END

; Take or leave a section by a word of the command line: switch=0 leaves it, switch=1 takes it.
!macro SectionBySwitch parameters switch section
  ClearErrors
  ${GetOptions} ${parameters} "/${switch}=" $1
  ${IfNot} ${Errors}
    ${If} $1 == "0"
      !insertmacro UnselectSection ${section}
    ${Else}
      !insertmacro SelectSection ${section}
    ${EndIf}
  ${EndIf}
!macroend

Function .onInit
  ReadRegStr $0 HKCU "${UNINSTALL}" "DisplayVersion"
  ${If} $0 != ""
    ${VersionCompare} "$0" "${VERSION}" $1
    ${If} $1 == 1
      !insertmacro Refuse "Classmark $0 is installed, which is newer than ${VERSION}. To go back, uninstall it first; your models and settings stay."
    ${EndIf}
    ; An upgrade leaves out what was left out before.
    ReadRegStr $1 HKCU "${CLASSES}\Classmark.Suitcase" ""
    ${If} $1 == ""
      !insertmacro UnselectSection ${SEC_ASSOC}
    ${EndIf}
    ReadRegStr $1 HKCU "${CLASSES}\${PROGRAM}" "FriendlyAppName"
    ${If} $1 == ""
      !insertmacro UnselectSection ${SEC_OPENWITH}
    ${EndIf}
    ${If} ${FileExists} "$DESKTOP\Classmark.lnk"
      !insertmacro SelectSection ${SEC_DESKTOP}
    ${EndIf}
  ${EndIf}
  ${GetParameters} $0
  !insertmacro SectionBySwitch $0 "ASSOC" ${SEC_ASSOC}
  !insertmacro SectionBySwitch $0 "OPENWITH" ${SEC_OPENWITH}
  !insertmacro SectionBySwitch $0 "DESKTOP" ${SEC_DESKTOP}
FunctionEnd

Section Uninstall
  !insertmacro RefuseWhileRunning "classmark-desktop.exe"
  !insertmacro RefuseWhileRunning "classmark.exe"
  !include "${FILES}/remove-files.nsh"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\Classmark.lnk"
  Delete "$DESKTOP\Classmark.lnk"
  !insertmacro LeaveSuitcases
  !insertmacro LeaveOpenWith
  DeleteRegKey HKCU "Software\Microsoft\Windows\CurrentVersion\App Paths\classmark.exe"
  DeleteRegKey HKCU "${UNINSTALL}"
  ${RefreshShellIcons}

  ; What a person keeps in Classmark lies apart from the program. Silent runs keep it unless they are told otherwise.
  ${GetParameters} $0
  ClearErrors
  ${GetOptions} $0 "/MODELS=" $1
  ${If} $1 == "0"
    Goto remove
  ${EndIf}
  ${IfNot} ${FileExists} "$LOCALAPPDATA\Classmark\*.*"
    Goto done
  ${EndIf}
  MessageBox MB_YESNO|MB_DEFBUTTON1|MB_ICONQUESTION "Keep your models and settings, in case you install Classmark again?$\n$\nThey lie in $LOCALAPPDATA\Classmark." /SD IDYES IDYES done
  remove:
  RMDir /r "$LOCALAPPDATA\Classmark"
  done:
SectionEnd
