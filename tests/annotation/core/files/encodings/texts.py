"""Short texts of our own in many languages, and the encodings that programs wrote them in."""

LATIN = ("cp1252", "iso8859-1", "iso8859-15", "mac-roman", "cp850")
CENTRAL = ("cp1250", "iso8859-2", "cp852")
CYRILLIC = ("cp1251", "koi8-r", "cp866", "iso8859-5")

# The limits of the guess were set on these.
TUNED = {
    "French": (LATIN, "La commande est arrivée trop tard, c'est très décevant.\nJe n'ai reçu aucun remboursement à ce jour.\nMerci, le service a été rapide et agréable.\nPeut-être que le problème vient du réseau."),
    "German": (LATIN, "Die Lieferung kam zu spät und war beschädigt.\nIch möchte mein Geld zurück, bitte prüfen.\nSehr freundlicher Service, schöne Grüße.\nDas Passwort lässt sich nicht ändern."),
    "Spanish": (LATIN, "El pedido llegó tarde y la caja estaba dañada.\nNo puedo iniciar sesión desde el miércoles.\n¿Dónde está mi reembolso?\nMuy buena atención, volveré el próximo año."),
    "Portuguese": (LATIN, "A entrega não chegou até hoje.\nAtendimento ótimo, muito atenção e rapidez.\nNão consigo alterar a senha da aplicação.\nO preço está errado, quero a devolução."),
    "Italian": (LATIN, "La qualità è buona ma il prezzo è troppo alto.\nPerché non posso cambiare l'indirizzo?\nConsegna più veloce della volta scorsa, però costosa.\nIl pacco è già arrivato, città sbagliata."),
    "Swedish": (LATIN, "Leveransen är försenad och kartongen trasig.\nJag kan inte ändra lösenordet på sidan.\nSnabb och vänlig hjälp, åter nästa gång.\nVar är mina pengar, frågar jag för tredje gången?"),
    "Danish": (LATIN, "Pakken er ikke nået frem, og jeg får intet svar.\nBeløbet er trukket to gange på kortet.\nRigtig hjælpsom og sød medarbejder.\nJeg kan ikke åbne siden på min telefon."),
    "Polish": (CENTRAL, "Przesyłka dotarła za późno i była uszkodzona.\nNie mogę zalogować się na swoje konto.\nBardzo dobra obsługa, szybka odpowiedź.\nProszę o zwrot pieniędzy, cena jest błędna."),
    "Czech": (CENTRAL, "Zásilka přišla pozdě a byla poškozená.\nNemohu se přihlásit ke svému účtu.\nVelmi milá obsluha, příště objednám znovu.\nKde jsou moje peníze, prosím o vrácení?"),
    "Hungarian": (CENTRAL, "A csomag késve érkezett és sérült volt.\nNem tudok belépni a fiókomba, kérem segítsenek.\nGyors és udvarias kiszolgálás, köszönöm szépen.\nRossz az összeg, visszatérítést szeretnék kérni, űrlap nincs, sem időpont."),
    "Turkish": (("cp1254", "iso8859-9"), "Sipariş geç geldi ve kutu hasarlıydı.\nHesabıma giriş yapamıyorum, şifre değişmiyor.\nÇok ilgili ve hızlı hizmet, teşekkürler.\nPara iadesi istiyorum, fiyat yanlış görünüyor."),
    "Lithuanian": (("cp1257", "iso8859-13"), "Siunta atėjo per vėlai ir buvo pažeista.\nNegaliu prisijungti prie savo paskyros šią savaitę.\nLabai greitas ir malonus aptarnavimas, ačiū už pagalbą.\nKur mano pinigai, prašau grąžinti?"),
    "Russian": (CYRILLIC, "Посылка пришла слишком поздно и была повреждена.\nНе могу войти в свой кабинет с понедельника.\nОчень вежливый и быстрый сервис, спасибо.\nГде мои деньги? Прошу вернуть оплату."),
    "Ukrainian": (("cp1251", "koi8-u"), "Посилка прийшла занадто пізно і була пошкоджена.\nНе можу увійти до свого кабінету, допоможіть.\nДуже ввічливе обслуговування, щиро дякую за швидкість.\nДе мої гроші, прошу повернути їх."),
    "Bulgarian": (("cp1251",), "Пратката пристигна твърде късно и беше повредена.\nНе мога да вляза в профила си от вчера.\nМного любезно обслужване, благодаря ви.\nКъде са парите ми, моля върнете ги."),
    "Greek": (("cp1253", "iso8859-7"), "Το δέμα έφτασε πολύ αργά και ήταν χαλασμένο.\nΔεν μπορώ να μπω στον λογαριασμό μου.\nΠολύ ευγενική εξυπηρέτηση, ευχαριστώ.\nΠού είναι τα χρήματά μου, παρακαλώ;"),
    "Hebrew": (("cp1255", "iso8859-8"), "החבילה הגיעה מאוחר מדי והייתה פגומה.\nאני לא מצליח להתחבר לחשבון שלי.\nשירות מהיר ואדיב מאוד, תודה רבה.\nאיפה הכסף שלי, אני מבקש החזר."),
    "Arabic": (("cp1256", "iso8859-6"), "وصل الطرد متأخرا جدا وكان تالفا.\nلا أستطيع الدخول إلى حسابي منذ يومين.\nخدمة سريعة ولطيفة جدا، شكرا لكم.\nأين أموالي، أريد استرجاع المبلغ."),
    "Thai": (("cp874",), "พัสดุมาช้ามากและกล่องเสียหาย\nฉันเข้าสู่ระบบไม่ได้ตั้งแต่เมื่อวาน\nบริการดีและรวดเร็วมาก ขอบคุณค่ะ\nเงินของฉันอยู่ที่ไหน ขอเงินคืนด้วย"),
    "Chinese": (("gbk", "gb18030"), "快递太慢了，包装也坏了。\n我从昨天开始就不能登录账号。\n服务很好，回复也很快，谢谢。\n我的钱什么时候可以退回来？"),
    "Chinese (traditional)": (("big5",), "包裹太慢了，盒子也壞了。\n我從昨天開始就不能登錄帳號。\n服務很好，回覆也很快，謝謝。\n我的錢什麼時候可以退回來？"),
    "Japanese": (("shift_jis", "euc-jp"), "荷物が遅れて届き、箱も壊れていました。\n昨日からログインできません。\nとても親切で早い対応でした。ありがとうございます。\n返金はいつになりますか。"),
    "Korean": (("euc-kr", "cp949"), "배송이 너무 늦었고 상자도 망가졌습니다.\n어제부터 로그인을 할 수 없어요.\n정말 친절하고 빠른 서비스 감사합니다.\n제 돈은 언제 환불되나요?"),
    "English": (("cp1252", "mac-roman"), "I can’t log in since Monday – it’s “locked”.\nThe café was closed, naïve of me to go.\nPaid €20 for nothing…\nA plain line without any sign."),
}  # fmt: skip

# These were written afterwards and looked at once.
HELD_OUT = {
    "French": (LATIN, "Le téléphone ne s'allume plus après la mise à jour.\nHôtel bien situé, chambre propre, petit déjeuner varié.\nOù puis-je télécharger la facture ?\nLes élèves ont aimé la leçon."),
    "German": (LATIN, "Das Gerät geht nach dem Update nicht mehr an.\nRuhiges Zimmer, gutes Frühstück, aber kein Parkplatz für größere Autos.\nWo finde ich die Rechnung für März?\nÜber die Straße führt kein Weg."),
    "Spanish": (LATIN, "El teléfono no enciende después de la actualización.\nHabitación pequeña pero limpia, desayuno riquísimo.\n¡Qué lástima que el baño no funcione!\nEspero que mañana llegue el técnico."),
    "Portuguese": (LATIN, "O telefone não liga depois da atualização.\nQuarto limpo e café da manhã delicioso, localização ótima.\nOnde faço o download da nota?\nAs crianças gostaram da lição de português."),
    "Italian": (LATIN, "Il telefono non si accende più dopo l'aggiornamento.\nCamera pulita, colazione così così.\nDove posso scaricare la fattura? Non c'è nessun menù.\nLunedì riapre l'università."),
    "Dutch": (LATIN, "De telefoon doet het niet meer na één update.\nKamer was schoon, ontbijt kon béter, geen reünie mogelijk.\nWaar vind ik de factuur van financiën?\nIk heb geen idee waarom coöperatie niet werkt."),
    "Norwegian": (LATIN, "Telefonen slår seg ikke på etter oppdateringen.\nRommet var rent, frokosten bare så som så.\nHvor finner jeg kvitteringen for mars måned?\nBarna likte øvelsen på skolen."),
    "Finnish": (LATIN, "Puhelin ei käynnisty päivityksen jälkeen.\nHuone oli siisti, mutta aamiainen jäi väliin.\nMistä löydän maaliskuun laskun?\nHyvää työtä, kiitos nopeasta vastauksesta."),
    "Polish": (CENTRAL, "Telefon nie włącza się po aktualizacji.\nPokój czysty, śniadanie takie sobie, ale łóżko wygodne.\nGdzie mogę pobrać fakturę za marzec?\nUczniowie lubią tę lekcję, choć była dłuższa."),
    "Czech": (CENTRAL, "Telefon se po aktualizaci nezapne.\nPokoj byl čistý, snídaně nic moc, ale postel pohodlná.\nKde si mohu stáhnout fakturu za březen?\nŽáci měli hodinu rádi, řešení bylo těžké."),
    "Slovak": (CENTRAL, "Telefón sa po aktualizácii nezapne.\nIzba bola čistá, raňajky ušli, posteľ pohodlná.\nKde si môžem stiahnuť faktúru?\nŽiaci mali hodinu radi, ďakujem za odpoveď."),
    "Hungarian": (CENTRAL, "A telefon a frissítés után nem kapcsol be.\nTiszta szoba, gyenge reggeli, de kényelmes ágy.\nHonnan tölthetem le a márciusi számlát?\nA diákok szerették az órát, bár hosszú idő volt, tűrhető."),
    "Romanian": (("cp1250", "iso8859-2"), "Telefonul nu porneşte după actualizare.\nCameră curată, mic dejun aşa şi aşa, dar pat confortabil.\nDe unde pot descărca factura din luna martie?\nÎntrebare: când vine tehnicianul în oraş? Mulţumesc."),
    "Croatian": (CENTRAL, "Telefon se ne uključuje nakon ažuriranja.\nSoba je čista, doručak tako-tako, ali ležaj udoban.\nGdje mogu preuzeti račun za ožujak?\nUčenici su voljeli sat, hvala na brzoj pomoći, još ćemo doći."),
    "Turkish": (("cp1254",), "Telefon güncellemeden sonra açılmıyor.\nOda temizdi, kahvaltı idare eder, yatak rahattı.\nMart ayı faturasını nereden indirebilirim?\nÖğrenciler dersi sevdi, sınav zordu."),
    "Estonian": (("cp1257",), "Telefon ei käivitu pärast uuendust.\nTuba oli puhas, hommikusöök nii ja naa, voodi mõnus.\nKust ma saan märtsi arve alla laadida?\nÕpilastele tund meeldis, tänan kiire vastuse eest."),
    "Latvian": (("cp1257",), "Tālrunis pēc atjaunināšanas neieslēdzas.\nIstaba tīra, brokastis tā sev, bet gulta ērta.\nKur es varu lejupielādēt marta rēķinu?\nSkolēniem stunda patika, paldies par ātro atbildi."),
    "Russian": (CYRILLIC, "Телефон не включается после обновления.\nНомер чистый, завтрак так себе, зато кровать удобная.\nГде можно скачать счёт за март?\nУченикам понравился урок, хотя задача была сложной."),
    "Serbian": (("cp1251",), "Телефон се не укључује после ажурирања.\nСоба је била чиста, доручак онако, али кревет удобан.\nГде могу да преузмем рачун за март?\nУченици су волели час, хвала на помоћи."),
    "Ukrainian": (("cp1251", "koi8-u"), "Телефон не вмикається після оновлення.\nНомер чистий, сніданок так собі, зате ліжко зручне.\nДе можна завантажити рахунок за березень?\nУчням сподобався урок, хоч задача була складною."),
    "Greek": (("cp1253", "iso8859-7"), "Το τηλέφωνο δεν ανοίγει μετά την ενημέρωση.\nΚαθαρό δωμάτιο, μέτριο πρωινό, άνετο κρεβάτι.\nΑπό πού κατεβάζω το τιμολόγιο του Μαρτίου;\nΣτους μαθητές άρεσε το μάθημα."),
    "Hebrew": (("cp1255",), "הטלפון לא נדלק אחרי העדכון.\nחדר נקי, ארוחת בוקר ככה ככה, מיטה נוחה.\nמאיפה מורידים את החשבונית של מרץ?\nהתלמידים אהבו את השיעור."),
    "Arabic": (("cp1256",), "الهاتف لا يعمل بعد التحديث الأخير.\nالغرفة نظيفة والفطور عادي لكن السرير مريح.\nمن أين يمكنني تنزيل فاتورة شهر مارس؟\nأحب الطلاب الدرس كثيرا."),
    "Thai": (("cp874",), "โทรศัพท์เปิดไม่ติดหลังจากอัปเดต\nห้องสะอาด อาหารเช้าพอใช้ แต่เตียงนอนสบาย\nดาวน์โหลดใบแจ้งหนี้ได้ที่ไหน\nนักเรียนชอบบทเรียนนี้"),
    "Chinese": (("gbk",), "手机更新以后就打不开了。\n房间干净，早餐一般，不过床很舒服。\n三月份的发票在哪里下载？\n学生们都喜欢这节课。"),
    "Chinese (traditional)": (("big5",), "手機更新以後就打不開了。\n房間乾淨，早餐一般，不過床很舒服。\n三月份的發票在哪裡下載？\n學生們都喜歡這節課。"),
    "Japanese": (("shift_jis", "euc-jp"), "更新してから携帯の電源が入りません。\n部屋はきれいでしたが、朝食は普通でした。\n三月の請求書はどこでダウンロードできますか。\n生徒たちは授業を楽しみました。"),
    "Korean": (("euc-kr",), "업데이트 후에 휴대폰이 켜지지 않습니다.\n방은 깨끗했지만 아침 식사는 보통이었어요.\n삼월 청구서는 어디에서 받을 수 있나요?\n학생들이 수업을 좋아했습니다."),
    "English": (("cp1252",), "Doesn’t boot after the update — “bricked”, they say.\nRésumé attached, see page 3.\nA room for £80 and a crème brûlée.\nNothing odd in here."),
    "Vietnamese": (("cp1258",), "Giao hàng chậm quá"),
}  # fmt: skip
