/** A document about a town that does not exist, and what somebody might ask whom it answers. */
export interface Entry {
  readonly text: string
  readonly question: string
}

const entries: readonly (readonly [text: string, question: string])[] = [
  [
    'The town library of Brennfeld lends books for four weeks. Films and games are due after one week, and can be renewed twice by telephone.',
    'How long may I keep a novel I borrowed?',
  ],
  [
    'A lost library card costs six coins. A new one is printed while you wait if you show your passport.',
    'I cannot find my reading pass any more. What now?',
  ],
  [
    'Rubbish is collected on Tuesdays. Bins have to stand at the kerb before six in the morning, with their handles towards the road.',
    'When does the waste truck come?',
  ],
  [
    'Glass goes into the green containers behind the market hall. Please throw nothing in after eight in the evening, for the sake of the neighbours.',
    'Where can I get rid of empty bottles?',
  ],
  [
    'The swimming pool opens at seven and closes at nine in the evening. On Mondays it stays shut, as the water is being changed.',
    'On which day can nobody swim?',
  ],
  [
    'Children under six swim free of charge when a grown-up pays. Armbands are lent at the desk.',
    'Do I have to pay for my toddler at the baths?',
  ],
  [
    'Tram line 4 runs from the station to the hospital every ten minutes. At night a bus takes its place, once an hour.',
    'How do I get to the clinic by public transport?',
  ],
  [
    'Bicycles may travel on trams outside the rush hour. A ticket for the bicycle costs half the price of a single journey.',
    'Can I take my bike aboard?',
  ],
  [
    'Whoever moves to Brennfeld registers at the town hall within two weeks. Bring the lease and an identity card.',
    'I just rented a flat here. Which formality must I see to?',
  ],
  [
    'Dogs are to be on a lead in the old town and in all parks. They may run freely on the meadow by the river.',
    'Where can my puppy romp about?',
  ],
  [
    'The dog tax is thirty coins a year for the first animal and sixty for every other. Guide dogs are exempt.',
    'What does the town charge for keeping a hound?',
  ],
  [
    'A passport is ready three weeks after it was applied for. In a hurry it can be had in three days, for an extra charge of thirty coins.',
    'I fly next Friday and have no valid travel document. Is there a faster way?',
  ],
  [
    'Weddings take place in the tower room, which seats forty guests. Dates are given out from the first of January for the whole year.',
    'Where do couples get married, and how many people fit in?',
  ],
  [
    'The weekly market is held on Saturdays from seven to one on the square before the church. In December it moves into the market hall.',
    'Which morning do farmers sell their vegetables?',
  ],
  [
    'The farm of the Lindner family sells raw milk from a machine at the gate. Bring your own bottle; a litre costs one coin.',
    'Where can I fill up on fresh cow milk?',
  ],
  [
    'The baker Hofer bakes rye bread with caraway after a recipe of 1870. It is sold out by ten o’clock on most days.',
    'Who makes bread the old way?',
  ],
  [
    'The museum of clocks shows three hundred timepieces, among them a wooden tower clock that has been running since 1612. Guided tours start on the hour.',
    'What can I see for people who love old watches?',
  ],
  [
    'Brennfeld castle burned down in 1703, when lightning struck the powder store. Only the keep is left, which can be climbed in summer.',
    'What destroyed the fortress?',
  ],
  [
    'From the keep one sees as far as the glacier of the Hochwand on clear days. It has one hundred and forty-two steps.',
    'How many stairs are there up to the lookout?',
  ],
  [
    'The river Ache floods the lower car park every spring. When the siren sounds twice, cars have to be moved within an hour.',
    'What must drivers do at high water?',
  ],
  [
    'Parking in the centre is limited to two hours, shown by a paper disc behind the windscreen. On Sundays there is no limit.',
    'How long may I leave my car downtown?',
  ],
  [
    'Residents of the old town get a parking permit for ninety coins a year. It is bound to one number plate.',
    'I live within the walls. What does a permanent space for my vehicle cost?',
  ],
  [
    'The music school teaches the violin, the trumpet, the zither and singing. Instruments can be rented for the first year.',
    'Where can my daughter learn to play the fiddle?',
  ],
  [
    'The brass band rehearses on Thursdays in the fire station. New players are welcome if they can read notes.',
    'I play the tuba. Is there a group I could join?',
  ],
  [
    'The volunteer fire brigade tests its siren on the first Saturday of the month at noon. There is no need to worry then.',
    'Why did an alarm howl at lunch time at the weekend?',
  ],
  [
    'Open fires in the forest are forbidden from March to October. Whoever lights one all the same pays up to five thousand coins.',
    'May we make a campfire under the trees in summer?',
  ],
  [
    'Mushrooms may be gathered for your own kitchen, two kilograms a person and day. In the reserve by the moor nothing may be picked.',
    'How many chanterelles am I allowed to take home?',
  ],
  [
    'The moor is home to the bog rosemary and to a rare dragonfly. A boardwalk of two kilometres leads through it.',
    'Which unusual insect lives in the wetland?',
  ],
  [
    'Fishing in the Ache needs a permit from the angling club, which costs fifteen coins a day. Trout under twenty-six centimetres go back.',
    'What do I need before I cast my rod?',
  ],
  [
    'The ski lift on the Sonnhang runs from the middle of December, if there is snow enough. A ticket for the afternoon costs eighteen coins.',
    'When does the winter sports season begin?',
  ],
  [
    'The toboggan run is lit until ten on Fridays. Sledges can be rented at the inn at the top.',
    'Is it possible to go sledging after dark?',
  ],
  [
    'The hut on the Hochwand sleeps twenty-four in bunks. It is open from June to September, and soup is to be had all day.',
    'Where can hikers spend the night high up?',
  ],
  [
    'Path 21 to the Hochwand takes five hours and needs a head for heights. The last part is secured with steel ropes.',
    'Which trail is not for people who fear heights?',
  ],
  [
    'The round way along the mill stream is level and takes forty minutes. It is fit for prams and wheelchairs.',
    'Where can I walk with a baby carriage?',
  ],
  [
    'The mountain rescue is reached at 140. Say where you are, how many are hurt, and whether a helicopter could land.',
    'Whom do I call after a fall on the rocks?',
  ],
  [
    'The pharmacy by the fountain is on duty at night in even weeks, the one at the station in odd weeks. A bell is beside the door.',
    'Where do I get medicine at three in the morning?',
  ],
  [
    'Doctor Amann sees patients without an appointment from eight to ten. Afterwards it is by appointment only.',
    'Can I just turn up at the physician’s?',
  ],
  [
    'The hospital allows visits from two to seven. In the children’s ward parents may stay the night.',
    'At which time can I see my uncle who had an operation?',
  ],
  [
    'Blood can be given in the gymnasium of the school on the second Wednesday of March, June and October. Eat something before.',
    'I would like to be a donor. When?',
  ],
  [
    'The nursery takes children from the age of one. Places are given out in April by the date of birth, oldest first.',
    'How old must my child be to be looked after?',
  ],
  [
    'The primary school begins at ten to eight. A school bus collects pupils from the hamlets of Egg and Tobel.',
    'When do lessons start in the morning?',
  ],
  [
    'School lunch costs four coins and is always without pork; a dish without meat is on offer every day. Order by nine on the same day.',
    'Is there something for vegetarians in the canteen?',
  ],
  [
    'The adult education centre teaches Italian on Mondays and pottery on Wednesdays. Courses begin with at least six people.',
    'Where could I learn a foreign language in the evening?',
  ],
  [
    'The cinema shows films in their own language on Tuesdays, with subtitles. Students pay half.',
    'Can I watch movies undubbed?',
  ],
  [
    'The open-air theatre plays a comedy in July, on the steps of the church. When it rains the play moves to the gymnasium.',
    'What happens to the summer performance in bad weather?',
  ],
  [
    'The town archive keeps the church registers since 1640. Whoever looks for ancestors makes an appointment and wears cotton gloves.',
    'Where can I research my family tree?',
  ],
  [
    'The post office is now a counter in the stationer’s shop. Parcels that could not be delivered wait there for seven days.',
    'The courier did not find me at home. Where is my package?',
  ],
  [
    'The savings bank closed its branch in May. Cash comes from the machine in the market hall, without a fee.',
    'Where can I withdraw money?',
  ],
  [
    'Electricity comes from the power station at the weir, built in 1908. It serves twelve hundred homes and has never stood still for more than a day.',
    'What produces the town’s power?',
  ],
  [
    'The sun panels on the roof of the school belong to a cooperative. A share costs two hundred coins and bore three percent last year.',
    'How can citizens invest in solar energy?',
  ],
  [
    'Tap water comes from a spring on the Sonnhang and is not treated. It is rather hard: twenty-two degrees.',
    'Is there a lot of lime in the drinking water?',
  ],
  [
    'Broken street lamps are reported on the telephone number that is painted on the mast. They are mended within five working days.',
    'The light in front of my house went out. How do I report it?',
  ],
  [
    'Snow on pavements is cleared by whoever owns the house, by seven in the morning. The town spreads grit on the main roads only.',
    'Who has to shovel the sidewalk?',
  ],
  [
    'Building a garden shed of more than ten square metres needs a permit. The plan is put up on the notice board for two weeks, so that neighbours can object.',
    'Do I have to ask before I put up a hut for tools?',
  ],
  [
    'Trees with a trunk thicker than eighty centimetres may be felled with leave of the town only. For each a new one has to be planted.',
    'Am I allowed to cut down the old oak in my garden?',
  ],
  [
    'Noise is forbidden between ten at night and six in the morning, and from noon to two. Lawns are not mown on Sundays.',
    'At which hours must it be quiet?',
  ],
  [
    'The youth centre has a workshop for bicycles, a kitchen and a room for bands. It opens after school, for people between twelve and eighteen.',
    'Where can teenagers repair their bikes?',
  ],
  [
    'The senior club meets for cards and cake on Wednesday afternoons. A taxi fetches those who cannot walk, free of charge.',
    'Is there company for my grandmother, who can hardly leave the house?',
  ],
  [
    'The food bank gives out bread and vegetables on Fridays to whoever earns less than nine hundred coins a month. A pay slip is enough as proof.',
    'My wages are low. Where do I get groceries?',
  ],
  [
    'Found things are kept at the police station for a year. After that the finder may have them.',
    'I left my umbrella somewhere. Who keeps it?',
  ],
  [
    'The council meets on the last Tuesday of the month in public. Citizens may ask questions in the first half hour.',
    'How can I question the politicians?',
  ],
  [
    'Elections to the council are every five years. Foreigners who have lived here for three years may vote too.',
    'I have another nationality. May I cast a ballot?',
  ],
  [
    'The town gives fifty coins towards every repair of a household appliance, once a year. Keep the invoice of a local workshop.',
    'Does anybody help pay when I have my washing machine mended?',
  ],
  [
    'The ferry across the lake sails from April to October, four times a day. It carries no cars, and turns back when the wind is stronger than six.',
    'Will the boat sail in a storm?',
  ],
]

export const town: readonly Entry[] = entries.map(([text, question]) => ({ text, question }))
