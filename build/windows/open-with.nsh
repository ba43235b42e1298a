; What Windows is told of the types of files: all below the person's own keys.

!define CLASSES "Software\Classes"
!define PROGRAM "Applications\classmark-desktop.exe"

!macro OpenSuitcases
  WriteRegStr HKCU "${CLASSES}\Classmark.Suitcase" "" "Classmark suitcase"
  WriteRegStr HKCU "${CLASSES}\Classmark.Suitcase\DefaultIcon" "" "$INSTDIR\classmark-desktop.exe,0"
  WriteRegStr HKCU "${CLASSES}\Classmark.Suitcase\shell\open\command" "" '"$INSTDIR\classmark-desktop.exe" "%1"'
  WriteRegStr HKCU "${CLASSES}\.${SUITCASE}" "" "Classmark.Suitcase"
!macroend

; Whoever gave suitcases to another program since keeps it.
!macro LeaveSuitcases
  DeleteRegKey HKCU "${CLASSES}\Classmark.Suitcase"
  ReadRegStr $0 HKCU "${CLASSES}\.${SUITCASE}" ""
  ${If} $0 == "Classmark.Suitcase"
    DeleteRegKey HKCU "${CLASSES}\.${SUITCASE}"
  ${EndIf}
!macroend

!macro OfferUnderOpenWith
  WriteRegStr HKCU "${CLASSES}\${PROGRAM}" "FriendlyAppName" "Classmark"
  WriteRegStr HKCU "${CLASSES}\${PROGRAM}\shell\open\command" "" '"$INSTDIR\classmark-desktop.exe" "%1"'
  !insertmacro EachDocument Offer
!macroend

!macro LeaveOpenWith
  DeleteRegKey HKCU "${CLASSES}\${PROGRAM}"
!macroend

!macro Offer suffix
  WriteRegStr HKCU "${CLASSES}\${PROGRAM}\SupportedTypes" ".${suffix}" ""
!macroend
