"""Words and sentence patterns from which the `hershey` source makes its lines."""

NOUNS = """apple answer arm army artist aunt baby bag ball bank basket bath beach bear bed bell bird
boat body book bottle box boy branch bread bridge brother brush building bus business butter button
cake camera camp candle car card carpet castle cat chair cheese chicken child church circle city
clock cloud coat coffee coin corner country cousin cow crowd cup curtain daughter day desk dinner
doctor dog door dragon drawing dream dress driver drum duck ear earth edge egg engine evening eye
face farmer father feather field fire fish flag floor flower fog forest fox friend frog fruit garden
gate ghost girl glass glove goat grandmother grass guest guitar hair hall hammer hand harbour hat
head heart hill hole horse hotel hour house husband ice idea island jacket jar jewel job journey
juice jungle key king kitchen kite knee knife lady lake lamp language leaf leg lemon letter library
light line lion lunch machine magazine man map market meal message milk minute mirror money monkey
month moon morning mother mountain mouse mouth museum music name neighbour nest night nose notebook
number nurse ocean office onion orange oven owl page paint palace paper park party path pencil
person piano picture pilot plan plate pocket poem pond postcard potato prize problem puzzle quarter
queen question quilt rabbit radio rain reason ring river road rock roof room rope rose sailor salt
sand school sea seed shadow ship shirt shoe shop sister sky smile snow soap soldier son song soup
spoon spring stairs star station stone storm story street sugar summer sun table tail tailor tea
teacher theatre thing ticket tiger time tower town toy train tree uncle valley village violin voice
wall watch water wave wedding week wheel wife wind window wing winter wolf woman word world year
yard zebra zoo""".split()

VERBS = """asked:ask:asking baked:bake:baking borrowed:borrow:borrowing bought:buy:buying
broke:break:breaking brought:bring:bringing built:build:building carried:carry:carrying
caught:catch:catching chose:choose:choosing cleaned:clean:cleaning closed:close:closing
counted:count:counting crossed:cross:crossing described:describe:describing drew:draw:drawing
drove:drive:driving enjoyed:enjoy:enjoying examined:examine:examining expected:expect:expecting
followed:follow:following forgot:forget:forgetting found:find:finding fixed:fix:fixing
gave:give:giving guessed:guess:guessing heard:hear:hearing helped:help:helping hid:hide:hiding
invited:invite:inviting judged:judge:judging kept:keep:keeping kicked:kick:kicking knew:know:knowing
left:leave:leaving lifted:lift:lifting liked:like:liking lost:lose:losing loved:love:loving
made:make:making met:meet:meeting missed:miss:missing mixed:mix:mixing moved:move:moving
noticed:notice:noticing opened:open:opening packed:pack:packing paid:pay:paying
painted:paint:painting passed:pass:passing picked:pick:picking planned:plan:planning
pulled:pull:pulling pushed:push:pushing questioned:question:questioning read:read:reading
remembered:remember:remembering saved:save:saving saw:see:seeing sent:send:sending
shared:share:sharing showed:show:showing sold:sell:selling studied:study:studying took:take:taking
touched:touch:touching trusted:trust:trusting understood:understand:understanding used:use:using
visited:visit:visiting wanted:want:wanting washed:wash:washing watched:watch:watching
wrote:write:writing""".split()

WENT = """arrived came danced disappeared fell flew jumped lived marched played ran rested sailed
sang sat shouted slept smiled stood swam travelled turned waited walked whispered worked""".split()

ADJECTIVES = """angry beautiful big black blue brave bright brown busy careful cheap clean clever
cold cool crazy curious dark deep different dizzy dry early easy empty expensive extra famous fast
fat fine first foolish fresh friendly full funny gentle golden good great green grey happy heavy
high honest huge hungry jealous kind large last late lazy little lonely long loud lovely lucky
modern narrow new next nice noisy old open orange perfect pink pleasant polite poor pretty proud
purple quick quiet ready red rich rough round royal sad safe second serious sharp short shy silent
silver simple single sleepy slow small smooth soft special square strange strong sudden sweet tall
thin tiny tired ugly unusual useful warm wet white whole wide wild wise wonderful wooden wrong
yellow young""".split()

ADVERBS = """again alone almost always carefully early easily exactly finally gladly happily however
indeed instead just later maybe never nearly often once perhaps probably quickly quietly quite
rather really seldom slowly sometimes soon still suddenly there today together tomorrow twice
usually very well yesterday""".split()

PLACES = """above across after against along around at behind below beneath beside between beyond by
down from in inside into near on out_of outside over past round through to toward under up upon with
without""".split()

NAMES = """Adam Alice Anna Arthur Barbara Ben Carl Clara Daniel David Dora Edward Ella Emma Eric
Felix Fiona Frank George Grace Hanna Harry Helen Henry Ida Ivan Jack James Jane Julia Karl Kate
Kevin Laura Leo Lily Louis Lucy Maria Mark Max Mia Nathan Nina Nora Oliver Olga Oscar Paul Peter
Philip Quentin Quincy Rachel Robert Rosa Ruth Sam Sarah Simon Susan Thomas Tina Ursula Uma Victor
Vera Walter Wendy William Xavier Xenia Yara Yvonne Yusuf Zack Zoe""".split()

CITIES = """Amsterdam Athens Berlin Boston Brussels Cairo Chicago Delhi Dublin Edinburgh Florence
Geneva Hamburg Helsinki Istanbul Jakarta Kyoto Lagos Lisbon London Madrid Milan Munich Nairobi
Naples Oslo Oxford Paris Prague Quebec Queensland Rome Seoul Sydney Tokyo Turin Utrecht Vancouver
Venice Vienna Warsaw Xiamen York Yokohama Zagreb Zurich""".split()

DAYS = """Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May
June July August September October November December""".split()

COUNTS = """two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty
fifty sixty seventy eighty ninety""".split()

# In braces: a list below, or N for a noun's plural; v, p and g are a verb's forms.
SENTENCES = """The {adj} {noun} {past} the {noun}.
The {noun} {past} a {adj} {noun}.
A {adj} {noun} {went} {prep} the {noun}.
{name} {past} the {noun} {adv}.
{name} and {name} {past} {count} {nouns}.
{Adv}, the {noun} {past} my {noun}.
Did {name} {verb} the {adj} {noun}?
Why did the {noun} {verb} our {noun}?
Who {past} the {noun} in {city}?
What a {adj} {noun}!
We {past} the {noun} last {day}.
We should {verb} the {noun} again.
They {went} {prep} the {adj} {noun}.
"{Verb} the {noun}!" said {name}.
"No, thank you," {name} whispered.
I can't {verb} the {noun} without you.
I don't {verb} {nouns}; I {verb} {nouns}.
It's the {noun} that {name} {past}.
He is {ing} a {noun} for {name}.
She was {ing} {nouns} all {day}.
There are {count} {nouns} in the {noun}.
You never {verb} your {noun}, do you?
{name} lives in {city} with a {noun}.
Is it {adj}, {adj} or just {adj}?
My {noun} is {adj}, but yours is {adj}.
Dear {name}, thank you for the {noun}.
Yours sincerely, {name} {name}
Please {verb} the {noun} before {day}.
{Verb} it {adv}, then {verb} the {noun}.
The {noun} (a {adj} one) {went} {adv}.
If you {verb} a {noun}, {verb} it {adv}.
When the {noun} {went}, {name} {past} it.
Our {noun}: {adj}, {adj} and {adj}.
One {noun} is enough; {count} are not.
{city} has {count} {adj} {nouns}.
From {city} to {city} {prep} the {noun}""".split("\n")

FOREIGN = {
    "French": """à âge août après aîné boîte bientôt brûler ça cœur château chère connaître crème
    déjà demain élève été être façon fenêtre fête forêt français garçon gâteau goût hélas hôtel idée
    île jeûne là leçon légère lumière maïs mère mûr naïve Noël où œuf œuvre père plaît première près
    rêve reçu sœur sûr théâtre tête très vœu voilà Éric Église École Étoile À Ça Œuvre Être Île ça
    l'été d'où aujourd'hui merci bonjour monsieur petite maison""",
    "German": """ähnlich Äpfel Ärger über Übung Öl öffnen Österreich schön Größe groß Straße süß
    Füße fünf für können möchte müssen heißen weiß Käse Mädchen Märchen Bär früh Frühling Schlüssel
    Schüler Tür Glück zurück Löwe König Brücke Bücher natürlich gemütlich Wörter hören Ähre Ölbild
    Überall Jäger spät nächste und nicht ein Haus der Garten guten Morgen""",
    "Spanish": """año niño señor señora mañana corazón canción lección árbol avión camión café día
    difícil está fácil había jardín José lápiz María más música número papá país pájaro pequeño qué
    cómo dónde también teléfono tú él última Ángel Ávila Éxito Índice Óscar Ñandú Úrsula Él
    vergüenza pingüino sí según ¿Qué? ¿Cómo? ¡Hola! ¡Olé! ¿Dónde? ¡Buenos días! el la casa""",
    "Portuguese": """não São João irmã irmão maçã coração avó avô você três português Ângela Ância
    às pão mãe lições ações próximo água Água Ótimo câmara ânimo ciência você êxito ônibus lição
    Índia Érico Ícaro põe limões amanhã Ãmbar Õbidos à Às Évora música saúde ruído baía""",
    "Nordic": """ä å ö Åsa Åland Älg Ärlig Öland Ö smörgås köra kött fågel få gå hjärta lära många
    någon något människa även över år året Ærø Ørsted Øl Århus Åben bjørn brød bær både første gård
    hånd hæl hør kør læse måne nær også ønske på rød sjø smør små æble æg øje år Þór Þing þú það
    þessi Ísland Íslenska góð orð við maður áður veður Reykjavík Ðe bróðir fjörður ýmis Ýsa nýtt ég
    séð Ég""",
    "Polish": """ąki być będę bądź błąd ciąg część dąb dłoń gęś góra głos jabłko jeść język już
    każdy książka który Kraków łódź Łódź łąka mężczyzna miłość może mówić nóż ósmy ogień Ósmy pięć
    pójść ręka rząd są śnieg Środa święto Święta są szósty także też ważny wóz źle źródło Źle Źrebię
    żaba Żaba żółty Życie ćma Ćma Ćwierć ńa Ńemen Ęwa Ąbo Ęski koń dzień tydzień styczeń""",
    "Czech": """čas Čech černý děkuji déšť Ďábel ďas dobrý dům důl Ěma hezký kočka krásný křeslo kůň
    léto mléko město můj něco Ňuf noční počet příklad přítel růže řeka Řím Řeka říjen šest Šárka
    škola štěstí Štefan těžký ťuk Ťuk tři tvůj účet Ústí ulice už večer věc vítr zítra žák žena Žena
    život Žižka být Ýmer ptáče šťastný loď teď chuť laň píseň Ůjezd Ůlek""",
    "Hungarian": """autó ősz Ősz Őr őr erdő eső esőben felhő fű fürdő gyümölcs hűvös idő játék jó kő
    könyv kör között köszönöm madár mező nő női öröm Öt ötven Róma szép szőlő szűk tűz Űr űr Űző út
    Út üzlet vízű étterem Élet zöld hűség gyűrű terű tükör ünnep""",
    "Turkish": """ağaç Ağrı ağır bağ baş beş bıçak büyük Çay çalış çiçek çocuk dağ değil dış diş
    doğru eğer güneş gümüş gül hoş ığdır Iğdır ısı ışık İzmir İstanbul İyi İş için iş kağıt kapı
    kırmızı kış köprü küçük öğle öğrenci oğul Özgür sığ şeker Şeker Şişli şimdi taş teşekkür Ümit üç
    yağmur yıldız yıl yüz Ğ altı sarı""",
    "Various": """piñata naïve façade fiancée résumé jalapeño Zürich Malmö Bogotá Córdoba Genève
    Nîmes Orléans Bâle Århus Tromsø Gdańsk Plzeň Győr Perù città perché più così Città È già lunedì
    giù Ìsola Òpera Ùltimo À virtù può Ëlla Zoë Noëlle Citroën Haÿ Ÿser L'Haÿ L'Âme Tölu dûr Ûber
    Ôter Îlot Êtes Ânes Ïle Müßig Ëmil Ýrsa ÿe ñu Ñame cañón Ãlvaro Õde õlu Tõnu Pôr Ènna Ìo Òc
    Ùr""",
}

KANA = """あさ あした あめ いえ いぬ うみ えき おちゃ おとうと かさ かぜ がっこう きもの きょう
くるま けしき こころ ごはん さくら しごと じかん すし せかい そら たべもの だいどころ ちず つき
てがみ でんしゃ とけい どうぶつ なまえ にほん ぬの ねこ のみもの はな ばしょ ひかり びょういん ふゆ
ぶどう へや べんきょう ほし ぼうし まど みず むし めがね もり やま ゆき よる らいねん りんご るす
れきし ろうそく わたし を ん ぱん アイス イギリス ウール エンジン オレンジ カメラ ガラス キッチン
ギター クラス グラム ケーキ ゲーム コーヒー ゴルフ サラダ ザル シャツ ジャム スキー ズボン セーター
ゼロ ソース ゾウ タクシー ダンス チーズ ツアー テレビ デパート トマト ドア ナイフ ニュース ヌードル
ネクタイ ノート ハム バス パン ヒント ビル ピアノ フランス ブラシ プール ヘルメット ベッド ペン
ホテル ボール ポスト マスク ミルク ムード メニュー モデル ヤード ユーモア ヨット ラジオ リボン
ルール レストラン ロボット ワイン ヴァイオリン""".split()
