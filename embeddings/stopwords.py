"""Words that no sales representative would call a need or a service, in German and English."""

from typing import Final

_GERMAN: Final = """
ab aber alle allem allen aller alles als also am an andere anderen anderer anderes auch auf aus außer außerdem bald bei
beide beiden beim bereits besonders besser beste besten bin bis bisher bist bzw ca da dabei dadurch dafür dagegen daher
damit danach daneben dann daran darauf daraus darin darüber darum das dass davon davor dazu dein deine dem den denen
denn dennoch der deren des deshalb dessen dich die dies diese diesem diesen dieser dieses dir doch dort du durch eben
ebenfalls ebenso egal eigene eigenen eigener eigenes ein eine einem einen einer eines einige einigen einmal entlang er
erst erste ersten es etwa etwas euch euer eure fast fern finden für ganz ganze ganzen gar geben gegen gegenüber gemäß
genau gern gerne gibt ging gleich groß große großen großer großes gut gute guten guter hab habe haben hat hatte hatten
hier hin hinter hoch hohe hohen ich ihm ihn ihnen ihr ihre ihrem ihren ihrer ihres im immer in indem innerhalb ins
inzwischen ist ja je jede jedem jeden jeder jedes jedoch jetzt kann kannst kein keine keinem keinen keiner können könnte
lang lange lassen leicht machen macht man manche mehr mehrere mein meine meist mich mir mit mittels möchten möglich
müssen nach nachdem nahe natürlich neben nehmen nein neu neue neuen neuer neues nicht nichts nie noch nun nur ob oben
oder oft ohne paar per pro rund schnell schon sehr sei seid sein seine seinem seinen seiner seit seitdem selbst sich sie
sind so sobald sofern sogar solche sollen sollte sondern sonst soweit sowie sowohl statt stehen steht stets über
überall um und uns unser unsere unserem unseren unserer unseres unter usw viel viele vielen vieler vom von vor während
war waren warum was weil weit weitere weiteren weiterer weiteres welche welchen welcher welches wenig wenige wenn wer
werden wie wieder will wir wird wo wobei wodurch wollen worden wurde wurden würde zu zudem zum zur zusammen zwar zwei
zwischen bieten bietet sorgen sorgt stellen stellt verfügt verfügen gehören gehört arbeiten arbeitet führen führt
liegt kommen kommt unterstützen setzen freuen sehen lesen nutzen erhalten bleiben dank inklusive sowohl inkl zzgl
"""
_ENGLISH: Final = """
a about above across after again all along also although always am among an and another any are around as at available
be because been before being below best better between both but by can could day days did do does doing done down
during each easily either enough etc even ever every few find first for found from full fully get give given go good
great had has have having he her here high him his how however i if in including into is it its itself just keep know
last later least less let like long look made make makes making many may me means more most much must my need needs
new next no nor not now of off offer offers offering on once one only onto or other others our out over own part per
please possible provide provided provides providing quickly rather read really same see several she should since so
some such than thank that the their them themselves then there these they this those through throughout thus to today
together too top toward under until up upon us use used uses using various very via want was we well were what whatever
when where whether which while who whole whom why wide will with within without work works would year years yet you
your operates operate engages engaged based founded headquartered formerly known subsidiary segment segments inc ltd
corp corporation plc llc company companies
"""
_WEB: Final = """
agb aktuell aktuelles anfahrt anfrage anfragen angebot angebote anmelden anruf ansprechpartner ansprechpartnerin
anschrift bereich bereiche bewerbung blog cookie cookies copyright datenschutz datenschutzerklärung datenschutzhinweise
deutsch deutschland österreich schweiz download downloads e-mail email einstellungen english entdecken erfahren
erfahrung erfolg facebook fax firma firmen folgen foto fragen geschäftsführer geschäftsführerin geschäftsführung
geschichte gmbh gbr ggmbh ag kg ohg ug mbh co e.k ek herr frau herzlich home homepage ihrerseits impressum info
informationen inhaber inhaberin inhalt inhalte instagram jahr jahre jahren jahrzehnten jetzt karriere klicken kontakt
kontaktformular kontaktieren kunde kunden kundin linkedin link links login mail mehr menü menu mitarbeiter
mitarbeiterinnen mitarbeitern mobil montag dienstag mittwoch donnerstag freitag samstag sonntag mo di mi do fr sa so
name navigation news newsletter öffnungszeiten online partner passwort portfolio qualität referenzen rufen seite seiten
service sitemap spezialisiert standort standorte start startseite str straße suche tag tage team tel telefon telefax
termin termine themen tradition uhr umsatzsteuer unternehmen video vertrauen verein vielfalt vorstand website webseite
weiter weiterlesen willkommen www xing youtube zeit zertifiziert zurück zuverlässig zuverlässigkeit zufriedenheit
address button careers client clients contact customer customers details employees experience experts germany history
hours imprint information international jobs learn legal location locations main management member message mission
monday tuesday wednesday thursday friday saturday sunday notice office open opening page people phone policy press
privacy products project projects quality reserved rights services site skip solution solutions story submit success
support terms thanks trust values vision visit welcome january february march april may june july august september
october november december januar februar märz mai juni juli oktober dezember
"""

#: Words of praise and of the trade in general, which any company may use.
_HOLLOW: Final = """
kompetent kompetente kompetenz flexibel flexibilität individuell individuelle individuellen persönlich persönliche
persönlichen leistung leistungen leistungsspektrum leistungsfähig lösung lösungen produkt produkte produkten
dienstleistung dienstleistungen haus familienunternehmen generation generationen betrieb betriebe region nähe umgebung
ort anforderung anforderungen wunsch wünsche wünschen bedarf ideen idee vorteil vorteile ziel ziele philosophie
abwicklung ablauf abläufe anliegen ansatz anspruch art aufgabe aufgaben auftrag aufträge auswahl basis beispiel
beispiele beratung besuch betreuung blick branche branchen detail dialog durchführung einsatz entwicklung ergebnis
ergebnisse erfolge fachbetrieb fachleute fall fokus form gebiet gespräch grund gruppe hand handschlagqualität
hersteller hilfe kapazität kommunikation konzept konzepte kraft kreis kunst land leidenschaft lieferant lieferanten
liefertreue markt marktkenntnis maß meister menge menschen mittelpunkt möglichkeit möglichkeiten nutzen partner
partnerschaft planung plan platz preis preise preisen problem probleme produktpalette programm projekt projekte rahmen
raum realisierung rolle schritt schwerpunkt schwerpunkte sortiment spektrum spezialist spezialisten stelle stück system
systeme teil teile termintreue thema typ übersicht umsetzung verkaufsprogramm verfügung vertrieb vorstellung
vorstellungen weg wert werte wissen zahl zukunft zusammenarbeit handarbeit planen gerne leistungsangebot
deutsche deutscher deutschen schweizer ware waren fehler ordnung gesetz vorbereitung jahrzehnte betriebsferien profis
unterlagen ausland sturm skonto zahlt kundenkonto festpreis einbruch warenkorb versandkosten rabatt rabatte führender
aufpreis werken betriebe worte taten gesellen
österreichische europäische internationale internationalen moderne modernen
moderner modernste modernsten verschiedene verschiedenen zuverlässige zuverlässigen hochwertige hochwertigen
able according access activities addition approach area areas aspect benefit broad business challenge choice committed
complete comprehensive continuous cost countries dedicated demand demands development different efficient european
existing expertise extensive family fast flexible focus german global group growth help helps highest highly ideal
independent individual industries industry innovative involved key largest leader leading level local major market
markets medium million multinational national number optimal order original partners performance portfolio process
product production professional quick range ranges reliable requirements result results right segments serve serves
size small source special specialist specialists specialized standard standards state strong supplier suppliers
supply target team technology time tools total towards type types unique variety wide world worldwide
comprise comprises comprising comprised engage engages engaged engaging founded formerly headquartered include includes
including included incorporated integrated invest invests investing known name names operate operates operated
operating prefer prefers primarily program programs release seek seeks seeking structured subsidiaries subsidiary
"""
_GIVEN_NAMES: Final = """
alexander alexandra andrea andreas angelika anja anke anna anne annette anton antje armin axel barbara beate bernd
bernhard birgit björn brigitte carsten caroline charlotte christian christiane christina christine christoph claudia
claus clemens cornelia daniel daniela david dennis detlef dieter dirk dominik doris eberhard elena elisabeth elke emma
erich erik ernst eva fabian felix florian frank franz franziska friedrich fritz gabriele georg gerald gerd gerhard
gisela gregor günter günther hannah hans harald hartmut heike heinrich heinz helga helmut henrik herbert hermann
holger horst hubert ingo ingrid inge iris jan jana jens joachim jochen johann johanna johannes jonas jörg josef julia
julian jürgen jutta kai karin karl karsten katharina kathrin katja katrin kerstin kevin klaus konrad kristina kurt
lars laura lea lena leon leonie lisa lothar ludwig lukas maik manfred manuel manuela marc marcel marco marcus
margarete maria marie marina mario marion markus martin martina mathias matthias max maximilian melanie michael
michaela mike monika moritz nadine nicole nico niklas nils norbert olaf oliver otto patrick paul paula peter petra
philipp rainer ralf ralph regina reinhard reinhold renate rené richard robert robin roland rolf rudolf rüdiger sabine
sabrina sandra sarah sascha sebastian siegfried silke silvia simon simone sonja sophie stefan stefanie steffen stephan
stephanie susanne sven sylvia tanja theodor thomas thorsten tim timo tina tobias tom torsten udo ulrich ulrike ursula
ute uwe vanessa vera verena viktor volker walter werner wilhelm willi wolfgang yvonne andrew anthony brian charles
christopher donald edward elizabeth george james jennifer jessica john joseph kenneth linda mary matthew nancy
patricia ronald steven susan william
"""

_PLACES: Final = """
aachen aalen augsburg baden bamberg basel bayern bayreuth bergisch berlin bern bielefeld bochum bodensee bonn
brandenburg braunschweig bremen bremerhaven chemnitz coburg cottbus darmstadt dortmund dresden duisburg düsseldorf
erfurt erlangen essen esslingen europa europe europaweit franken frankfurt freiburg fulda fürth gelsenkirchen gera
germany gießen göppingen göttingen graz hagen halle hamburg hamm hanau hannover harz heidelberg heilbronn hessen
hildesheim ingolstadt innsbruck jena kaiserslautern karlsruhe kassel kempten kiel koblenz köln konstanz krefeld
landshut leipzig leverkusen linz ludwigsburg ludwigshafen lübeck lüneburg luzern magdeburg mainz mannheim mecklenburg
münchen mönchengladbach mosel münster münsterland neuss niederbayern niederrhein niedersachsen nordrhein nürnberg
oberbayern oberfranken oberhausen oberpfalz offenbach oldenburg osnabrück ostwestfalen paderborn passau pforzheim
pfalz potsdam recklinghausen regensburg remscheid reutlingen rhein rheinland rosenheim rostock ruhrgebiet saarbrücken
saarland sachsen salzburg sauerland schleswig schwaben schwarzwald schweinfurt schwerin siegen solingen stuttgart
thüringen trier tübingen ulm villingen vorpommern westfalen wien wiesbaden wolfsburg wuppertal württemberg würzburg
zürich zwickau schwenningen deutschlandweit bundesweit weltweit
"""

STOP_WORDS: Final = frozenset(f"{_GERMAN} {_ENGLISH} {_WEB} {_HOLLOW}".split())
GERMAN: Final = frozenset(_GERMAN.split())
ENGLISH: Final = frozenset(_ENGLISH.split())

#: Frequent given names in German and English company texts: the word after one is a surname.
GIVEN_NAMES: Final = frozenset(_GIVEN_NAMES.split())

#: Where a company sits is no need; names of places that German company texts mention most.
PLACES: Final = frozenset(_PLACES.split())
