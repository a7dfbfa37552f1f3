/** What a person writes to be written to no more, and again. */
export interface Words {
  optOut: readonly string[];
  optIn: readonly string[];
}

/**
 * The words that come with WAPing, by language. Each is a message that says nothing else; words that also answer a
 * question ("cancel" an appointment, "no", "end"), or mean something common in another language, are left out on purpose.
 */
export const WORDS_BY_LANGUAGE: Readonly<Record<string, Words>> = {
  en: {
    optOut: ['stop', 'stop all', 'stopall', 'unsubscribe', 'opt out', 'optout', 'stop messages', 'stop messaging me'],
    optIn: ['start', 'unstop', 'subscribe', 'opt in', 'optin'],
  },
  es: {
    optOut: ['baja', 'darme de baja', 'dar de baja', 'desuscribir', 'desuscribirme', 'no más mensajes', 'parar'],
    optIn: ['alta', 'darme de alta', 'suscribir', 'suscribirme', 'iniciar'],
  },
  pt: {
    optOut: ['parar', 'sair da lista', 'descadastrar', 'cancelar inscrição', 'não quero mais mensagens'],
    optIn: ['iniciar', 'inscrever', 'cadastrar', 'quero receber'],
  },
  fr: {
    optOut: ['arrêt', 'arrêter', 'désabonner', 'désinscrire', 'me désinscrire', 'désinscription', 'désabonnement'],
    optIn: ['s’abonner', 'abonner', 's’inscrire', 'inscription'],
  },
  de: {
    optOut: ['stopp', 'abmelden', 'abbestellen', 'austragen', 'keine nachrichten mehr'],
    optIn: ['anmelden', 'abonnieren', 'wieder anmelden'],
  },
  it: {
    optOut: ['cancellami', 'disiscrivimi', 'disiscriviti', 'annulla iscrizione', 'basta messaggi', 'ferma'],
    optIn: ['iscrivimi', 'iscriviti', 'inizia'],
  },
  nl: {
    optOut: ['afmelden', 'uitschrijven', 'stoppen', 'geen berichten meer'],
    optIn: ['aanmelden', 'inschrijven', 'starten'],
  },
  pl: {
    optOut: ['wypisz', 'wypisz mnie', 'rezygnuję', 'anuluj subskrypcję', 'nie pisz więcej'],
    optIn: ['zapisz', 'zapisz mnie', 'wznów'],
  },
  tr: {
    optOut: ['durdur', 'abonelikten çık', 'üyelikten çık', 'mesaj istemiyorum'],
    optIn: ['başlat', 'başla', 'abone ol'],
  },
  ru: {
    optOut: ['стоп', 'отписка', 'отписаться', 'отпишите меня', 'отказ от рассылки', 'не писать'],
    optIn: ['старт', 'подписка', 'подписаться', 'подпишите меня'],
  },
  uk: {
    optOut: ['стоп', 'відписатися', 'відписка', 'відпишіть мене', 'не писати'],
    optIn: ['старт', 'підписатися', 'підписка', 'підпишіть мене'],
  },
  ar: {
    optOut: ['قف', 'توقف', 'إيقاف', 'ايقاف', 'إلغاء الاشتراك', 'الغاء الاشتراك', 'أوقف الرسائل'],
    optIn: ['ابدأ', 'بدء', 'اشتراك', 'اشترك'],
  },
  fa: { optOut: ['توقف', 'لغو اشتراک', 'لغو عضویت'], optIn: ['شروع', 'عضویت', 'اشتراک'] },
  ur: { optOut: ['روکیں', 'بند کریں', 'ان سبسکرائب'], optIn: ['شروع کریں', 'سبسکرائب'] },
  he: {
    optOut: ['הסר', 'הסרה', 'הסירו אותי', 'הפסק', 'עצור', 'להסרה'],
    optIn: ['התחל', 'הצטרף', 'הרשמה', 'הירשם'],
  },
  hi: {
    optOut: ['रोकें', 'रोको', 'बंद करें', 'बंद करो', 'सदस्यता रद्द', 'अनसब्सक्राइब'],
    optIn: ['शुरू', 'शुरू करें', 'सब्सक्राइब', 'चालू करें'],
  },
  bn: { optOut: ['বন্ধ', 'বন্ধ করুন', 'থামুন'], optIn: ['শুরু', 'শুরু করুন', 'চালু করুন'] },
  id: {
    optOut: ['berhenti', 'hentikan', 'berhenti langganan', 'batal langganan', 'stop pesan'],
    optIn: ['mulai', 'langganan', 'berlangganan'],
  },
  ms: { optOut: ['berhenti', 'henti', 'berhenti melanggan'], optIn: ['mula', 'langgan'] },
  vi: { optOut: ['dừng', 'ngừng', 'hủy đăng ký', 'huỷ đăng ký'], optIn: ['bắt đầu', 'đăng ký'] },
  th: { optOut: ['หยุด', 'ยกเลิกการสมัคร', 'เลิกรับข้อความ'], optIn: ['เริ่ม', 'สมัคร', 'สมัครรับข้อความ'] },
  zh: {
    optOut: ['停止', '退订', '退訂', '取消订阅', '取消訂閱', '不要再发', '不要再發'],
    optIn: ['开始', '開始', '订阅', '訂閱'],
  },
  ja: {
    optOut: ['停止', '配信停止', '配信解除', '登録解除', 'ストップ'],
    optIn: ['開始', '配信再開', 'スタート'],
  },
  ko: {
    optOut: ['중지', '정지', '수신거부', '수신 거부', '구독 취소', '구독취소', '그만'],
    optIn: ['시작', '수신동의', '수신 동의', '구독'],
  },
  sv: {
    optOut: ['stoppa', 'avregistrera', 'avsluta prenumeration', 'avprenumerera'],
    optIn: ['starta', 'prenumerera'],
  },
  da: { optOut: ['afmeld', 'frameld', 'afmeld mig'], optIn: ['tilmeld', 'tilmeld mig'] },
  nb: { optOut: ['stopp', 'meld meg av', 'avmeld'], optIn: ['meld meg på', 'påmeld'] },
  fi: { optOut: ['lopeta', 'peru tilaus'], optIn: ['aloita', 'tilaa'] },
  cs: { optOut: ['odhlásit', 'odhlásit se', 'nepište mi'], optIn: ['přihlásit', 'přihlásit se'] },
  sk: { optOut: ['odhlásiť', 'odhlásiť sa', 'nepíšte mi'], optIn: ['prihlásiť', 'prihlásiť sa'] },
  hu: { optOut: ['leiratkozás', 'leiratkozom', 'állj'], optIn: ['feliratkozás', 'feliratkozom'] },
  ro: { optOut: ['dezabonare', 'mă dezabonez', 'opriți'], optIn: ['abonare', 'mă abonez'] },
  bg: { optOut: ['спри', 'отписване', 'отпиши ме'], optIn: ['абонирай', 'запиши ме'] },
  el: { optOut: ['σταμάτα', 'διαγραφή', 'διακοπή'], optIn: ['έναρξη', 'εγγραφή'] },
  sw: { optOut: ['jiondoe', 'acha kutuma'], optIn: ['jiunge'] },
};

/** Words that without their accents are common ones, or names ("đúng", "dùng", Dũng): they count as they are written alone. */
export const ONLY_ACCENTED: ReadonlySet<string> = new Set(['dừng']);
